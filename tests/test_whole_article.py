"""Articles put together again from their passages."""

from __future__ import annotations

import pytest
from test_rebuild import COSINE, QuarterEncoder, files

from ingest.articles import Article, read_articles
from ingest.rebuild import whole_article
from ingest.split import split_article
from tests.samples import sample_files


@pytest.mark.parametrize("limit", [1000, 40])
def test_every_sample_is_put_together_again(limit: int) -> None:
    """Text, title and headings of all samples, from passages of two sizes."""
    encoder = QuarterEncoder(COSINE, limit)
    for sample in [*sample_files(), *files()]:
        for article in read_articles(sample.name, sample.read()):
            assert isinstance(article, Article)
            assert whole_article(split_article(article, encoder.count_tokens, limit)) == article
