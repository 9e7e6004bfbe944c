"""Articles put together again from their passages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_rebuild import COSINE, QuarterEncoder, files

from ingest.articles import Article, read_articles
from ingest.rebuild import whole_article
from ingest.split import split_article
from tests.samples import sample_files


@pytest.mark.parametrize("limit", [1000, 40])
def test_samples_are_put_together_again(limit: int) -> None:
    """Text, title and headings of every fourth sample, from passages of two sizes."""
    encoder = QuarterEncoder(COSINE, limit)
    for sample in [*sample_files()[::4], *files()]:
        for read in read_articles(sample.name, sample.read()):
            assert isinstance(read, Article)
            article = replace(read, shared_id="t7")
            assert whole_article(split_article(article, encoder.count_tokens, limit)) == article
