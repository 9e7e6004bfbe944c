"""Finding passages across French, English and Chinese: text, models, store, fusion, search."""
