"""How much hypothesis looks for. In CI its own `ci` profile runs the same examples every time."""

from hypothesis import settings

# A shared machine is not a reason for a red test; slow decisions are the benchmarks' concern.
settings.register_profile("default", deadline=None)
