"""Small graphs for the ranking tests, written as the comments and hashtag uses that they hold."""

from collections.abc import Iterable, Sequence

import numpy as np

from services.discovery.ranking.graph import InteractionGraph, build_graph

Comment = tuple[int, int, int]  # commenter, author, comments
Use = tuple[int, str, int]  # account, hashtag, posts


def graph_of(accounts: int, comments: Sequence[Comment], uses: Sequence[Use] = ()) -> InteractionGraph:
    """The graph of these rows."""
    names = sorted({name for _, name, _ in uses})
    return build_graph(
        accounts=accounts,
        source=np.array([row[0] for row in comments], np.int64),
        target=np.array([row[1] for row in comments], np.int64),
        comments=np.array([row[2] for row in comments], np.int64),
        hashtags=names,
        use_account=np.array([row[0] for row in uses], np.int64),
        use_hashtag=np.array([names.index(row[1]) for row in uses], np.int64),
        uses=np.array([row[2] for row in uses], np.int64),
    )


def audience(rng: np.random.Generator, fans: Iterable[int], authors: Sequence[int], each: int) -> list[Comment]:
    """Every fan comments under `each` of the authors, drawn without replacement."""
    return [
        (fan, int(author), 1) for fan in fans for author in rng.choice(authors, min(each, len(authors)), replace=False)
    ]
