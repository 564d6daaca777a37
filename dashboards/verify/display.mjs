// What Grafana's own code makes of values: cases as JSON on standard input, texts and colours as the last line on standard
// output. Arguments: where the library is installed, and its version.
// A case is {fieldConfig, options, frames}: frames is a list of lists of values, one list a series, none for no series.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[2]}/`);
// The library asks for a browser's window and language when it is loaded, and for nothing else of it that is used here.
// What it brings for React takes a window for a whole browser: it is loaded before there is one.
require('react-use');
globalThis.window ??= globalThis;
globalThis.addEventListener ??= () => {};
globalThis.navigator ??= { language: 'vi', languages: ['vi'] };
const grafana = require('@grafana/data');
// The application registers these when it starts; the processing itself is the library's.
const processors = {
  displayName: grafana.displayNameOverrideProcessor,
  unit: grafana.unitOverrideProcessor,
  min: grafana.numberOverrideProcessor,
  max: grafana.numberOverrideProcessor,
  decimals: grafana.numberOverrideProcessor,
  thresholds: grafana.thresholdsOverrideProcessor,
  mappings: grafana.valueMappingsOverrideProcessor,
  noValue: grafana.stringOverrideProcessor,
  color: grafana.identityOverrideProcessor,
};
const fieldConfigRegistry = new grafana.FieldConfigOptionsRegistry(() =>
  Object.entries(processors).map(([id, process]) => ({ id, path: id, name: id, process, shouldApply: () => true })));
const theme = grafana.createTheme({ colors: { mode: 'dark' } });

function series(values, place) {
  const read = values.map((value) => (value === 'NaN' ? NaN : value));
  const name = `series ${place}`;
  return grafana.toDataFrame({
    name,
    fields: [
      { name: 'Time', type: grafana.FieldType.time, values: read.map((_, step) => 1.7e12 + step * 1000) },
      { name: 'Value', type: grafana.FieldType.number, values: read, labels: { name } },
    ],
  });
}

function shown({ fieldConfig, options, frames }) {
  const replaceVariables = (text) => text;
  const data = grafana.applyFieldOverrides({
    data: frames.map(series), fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone: 'Asia/Ho_Chi_Minh',
  });
  const found = grafana.getFieldDisplayValues({
    fieldConfig, reduceOptions: options.reduceOptions, replaceVariables, theme, data, timeZone: 'Asia/Ho_Chi_Minh',
  });
  return found.map(({ display }) => ({
    text: `${display.prefix ?? ''}${display.text}${display.suffix ?? ''}`, color: display.color ?? null,
  }));
}

// Since 13 the registry holds what gives a transformation, not the transformation.
const given = Number(process.argv[3].split('.')[0]) >= 13 ? (one) => async () => one : (one) => one;
grafana.standardTransformersRegistry.setInit(() => [...new Map(Object.values(grafana.standardTransformers).map((one) => [one.id, one])).values()].map(
  (one) => ({ id: one.id, name: one.name, transformation: given(one), editor: () => null })));

// A table is {transformations, frames}: frames is a list of {name: values of the column}; what comes back has their form.
async function joined({ transformations, frames }) {
  const given = frames.map((columns) => grafana.toDataFrame({
    fields: Object.entries(columns).map(([name, values]) => ({
      name,
      type: name === 'Time' ? grafana.FieldType.time
        : name.startsWith('Value') ? grafana.FieldType.number : grafana.FieldType.string,
      values,
    })),
  }));
  const found = await new Promise((resolve, reject) =>
    grafana.transformDataFrame(transformations, given).subscribe({ next: resolve, error: reject }));
  return found.map((frame) => frame.fields.map(
    (field) => [field.config?.displayName ?? field.name, Array.from(field.values, (value) => value ?? null)]));
}

const { cases, units, transformations, tables } = JSON.parse(readFileSync(0, 'utf8'));
const known = new Set(grafana.getValueFormats().flatMap((group) => group.submenu.map((one) => one.value)));
const transformers = new Set(Object.values(grafana.standardTransformers).map((one) => one.id));
process.stdout.write(JSON.stringify({
  shown: cases.map(shown),
  joined: await Promise.all(tables.map(joined)),
  unknownUnits: units.filter((unit) => !known.has(unit)),
  unknownTransformations: transformations.filter((id) => !transformers.has(id)),
}));
