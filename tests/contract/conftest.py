"""The contracts ship with the adapters; pytest has to be told that their asserts are tests."""

import pytest

pytest.register_assert_rewrite("adapters.memory.testing")
