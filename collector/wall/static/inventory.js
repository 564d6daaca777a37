// @ts-check
// Puts a chosen file into the field that is sent; without this script its text is pasted.

for (const chosen of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[data-into]"))) {
  chosen.addEventListener("change", async () => {
    const field = document.getElementById(chosen.dataset.into ?? "");
    const file = chosen.files?.[0];
    if (field instanceof HTMLTextAreaElement && file !== undefined) field.value = await file.text();
  });
}
