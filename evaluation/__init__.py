"""Retrieval quality on labelled questions, per stage and per language pair."""
