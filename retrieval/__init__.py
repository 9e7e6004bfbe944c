"""Finding passages across French, English and Chinese: text, models, store, fusion, search."""

import os

# Before torch is first imported: its threads would otherwise wait for each other by spinning, and on
# processors that are busy with anything else a forward pass then takes ten times as long (measured).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
