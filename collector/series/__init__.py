"""The latest value of each series and how old it is; late values never replace newer ones."""
