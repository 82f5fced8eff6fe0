class ConanInvalidConfiguration(Exception):
  pass
