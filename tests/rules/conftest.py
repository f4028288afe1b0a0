"""Property tests run without a time limit an example: the first date of a run loads the bank holidays, which takes a busy machine a while."""

from hypothesis import settings

settings.register_profile("sendflow", deadline=None)
settings.load_profile("sendflow")
