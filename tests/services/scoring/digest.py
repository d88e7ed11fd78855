"""Prints the SHA-256 of everything that criteria and gates say of a fixed set of bundles; run in other processes."""

import hashlib
import io
import random
from dataclasses import replace
from datetime import timedelta

from PIL import Image

from services.scoring.context import context_of
from services.scoring.images.read import read_image
from services.scoring.presets import PRESETS
from services.scoring.rankings.batch import score_bytes
from shared.schemas.base import Count
from shared.schemas.evidence import MetricSnapshot
from shared.schemas.posts import Media, MediaKind
from shared.schemas.rankings import WeightPreset
from tests.services.scoring.made import NOW, SEARCH, brief, bundle, comment, commenter, post

WORDS = ["trail", "running", "valley", "Fellside", "Shoes", "rain", "hill", "coffee", "race", "山", "schön"]


def digest() -> str:
    rng = random.Random(7)
    image = Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 60).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    features = read_image(buffer.getvalue())
    base = context_of(
        brief(
            reference_images=["https://brand.example.com/a.png"],
            audience={"segments": [{"languages": ["en"], "countries": ["GB"]}]},
            safety={"blocked_terms": ["rain"]},
        )
    )
    context = replace(base, reference_images=(features,), images={"https://cdn.example.com/a.png": features})
    whole = hashlib.sha256()
    for number in range(12):
        posts = [
            post(
                100 * number + index, " ".join(rng.choices(WORDS, k=9)), days_ago=3 * index + 0.37,
                counts={name: rng.randrange(5_000) for name in ("likes", "comments", "views")},
                media=(Media(kind=MediaKind.IMAGE, url="https://cdn.example.com/a.png"),),
            )
            for index in range(14)
        ]  # fmt: skip
        people = [
            commenter(
                f"c{index}", followers=Count.of(rng.randrange(900)), following=Count.of(rng.randrange(4_000)),
                posts=Count.of(rng.randrange(90)), country=rng.choice(["GB", "DE"]), language="en",
            )
            for index in range(40)
        ]  # fmt: skip
        made = bundle(
            posts, number=number, commenters=people, posts_complete=True, replies_complete=True,
            comments=[
                comment(
                    index, " ".join(rng.choices(WORDS, k=4)), post_id=posts[index % 14].id,
                    creator_replied_at=NOW - timedelta(hours=rng.randrange(40)) if index % 3 else None,
                )
                for index in range(60)
            ],
            snapshots=tuple(
                MetricSnapshot(metric="followers", count=Count.of(5_000 + rng.randrange(9)), at=NOW - timedelta(days=n))
                for n in range(30)
            ),
        )  # fmt: skip
        _, plain = score_bytes(
            made, context, PRESETS[WeightPreset.CAUSE], bundle_id=SEARCH, bundle_hash="0" * 64, scored_at=NOW
        )
        whole.update(plain)
    return whole.hexdigest()


if __name__ == "__main__":
    print(digest())
