"""Looking at the old database before anything is brought over."""

from typing import Final

from core.domain.legacy.auditing import Audit
from ports.legacy_source import LegacySource

SHOWN: Final = 5
"""How many rows are shown of each anomaly, and how many packages."""


async def audit_legacy(source: LegacySource) -> Audit:
    """Count what the old database has and what is wrong in it. Nothing is written, there or here."""
    counts = await source.anomalies()
    strays = 0
    async for _ in source.strays():
        strays += 1
    return Audit(
        rows=await source.counts(),
        counts=counts,
        strays=strays,
        examples={
            anomaly: await source.examples(anomaly, SHOWN) for anomaly, count in counts.items() if count > 0
        },
        samples=await source.sample_packages(SHOWN),
    )
