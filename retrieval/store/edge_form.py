"""How the embedded engine keeps a library: scanned while small, indexed once large.

Below `INDEX_FROM` passages a question is compared with every vector: exact, and 384 numbers × 20,000 are read in less
than 10 ms. From there on this time would grow with the library, so vectors get a graph (HNSW: Malkov and Yashunin,
2016) over one byte a number, kept in memory; the full vectors stay on disk, where only those are read that the bytes
found, twice as many as are wanted, to put them in order.
"""

from __future__ import annotations

import qdrant_edge as qe

from retrieval.passages import EncoderIdentity
from retrieval.store.backend import BM25, DENSE

INDEX_FROM = 20_000
# Links of a passage, passages looked at when it is linked, and when a question is answered.
_LINKS, _LINKING, _LOOKED_AT = 16, 128, 256
_DISTANCES = {"cosine": qe.Distance.Cosine, "dot": qe.Distance.Dot, "euclid": qe.Distance.Euclid}
# Without effect where vectors are not indexed.
EXACT_ORDER = qe.SearchParams(
    hnsw_ef=_LOOKED_AT, quantization=qe.QuantizationSearchParams(rescore=True, oversampling=2.0)
)


def engine_config(identity: EncoderIdentity, index_from: int) -> qe.EdgeConfig:
    """Return what a shard is made or opened with; one made without an index takes it over when it is opened."""
    in_bytes = qe.ScalarQuantizationConfig(type=qe.ScalarType.Int8, quantile=0.99, memory=qe.Memory.Pinned)
    # The engine counts in kilobytes of full vectors.
    threshold = max(1, index_from * identity.dimension * 4 // 1024)
    dense = qe.EdgeVectorParams(size=identity.dimension, distance=_DISTANCES[identity.distance], memory=qe.Memory.Cold)
    words = qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf, memory=qe.Memory.Cached)
    return qe.EdgeConfig(
        vectors={DENSE: dense},
        sparse_vectors={BM25: words},
        hnsw_config=qe.HnswIndexConfig(_LINKS, _LINKING, full_scan_threshold=threshold),
        quantization_config=in_bytes,
        optimizers=qe.EdgeOptimizersConfig(indexing_threshold=threshold, default_segment_number=1),
    )


def unindexed(engine: qe.EdgeShard) -> tuple[int, int]:
    """Return how many passages have no place in the graph, and how many have."""
    info = engine.info()
    # Both of a passage's vectors are counted, and its words are always indexed.
    indexed = max(0, int(info.indexed_vectors_count) - int(info.points_count))
    return max(0, int(info.points_count) - indexed), indexed
