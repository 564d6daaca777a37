"""What holds for all tests: a busy machine is no failure, so examples have no deadline."""

from hypothesis import settings

settings.register_profile("phusong", deadline=None)
settings.load_profile("phusong")
