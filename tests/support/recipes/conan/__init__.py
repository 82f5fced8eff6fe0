"""A stand-in for what hawser's recipe uses of Conan 2. recipe.py runs it."""


class ConanFile:
  pass
