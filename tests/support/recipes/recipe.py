"""Runs hawser's recipe for Conan as `conan create` does, with a stand-in for Conan:

  python3 recipe.py RECIPE_FOLDER SCRATCH PREFIX TOOLCHAIN

Builds SCRATCH/source in SCRATCH/build, installs in PREFIX, and prints the package's description for consumers, as JSON.
"""

import importlib.util
import json
import os
import re
import sys
from types import SimpleNamespace

from conan.errors import ConanInvalidConfiguration

recipe_folder, scratch, prefix, toolchain = sys.argv[1:]

spec = importlib.util.spec_from_file_location('conanfile', os.path.join(recipe_folder, 'conanfile.py'))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
recipe = module.HawserConan()

with open(os.path.join(recipe_folder, 'conandata.yml'), encoding='utf-8') as file:
  version, url, sha256 = re.fullmatch(r'sources:\n  "(.+)":\n    url: "(.+)"\n    sha256: "(.+)"\n', file.read()).groups()
recipe.conan_data = {'sources': {version: {'url': url, 'sha256': sha256}}}
recipe.source_folder = os.path.join(scratch, 'source')
recipe.build_folder = os.path.join(scratch, 'build')
recipe.package_folder = prefix
recipe.toolchain = toolchain
properties = {}
recipe.cpp_info = SimpleNamespace(set_property=properties.__setitem__)

recipe.settings = SimpleNamespace(os='Linux')
refusal = None
try:
  recipe.validate()
except ConanInvalidConfiguration as error:
  refusal = str(error)

recipe.settings = SimpleNamespace(os='Emscripten')
for method in ['validate', 'layout', 'source', 'generate', 'build', 'package', 'package_info']:
  getattr(recipe, method)()
print(json.dumps({
  'name': recipe.name,
  'version': recipe.version,
  'license': recipe.license,
  'homepage': recipe.homepage,
  'refusal': refusal,
  'properties': properties,
  'builddirs': recipe.cpp_info.builddirs,
}))
