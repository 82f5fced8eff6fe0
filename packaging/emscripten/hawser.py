# hawser as an Emscripten port:
#
#   em++ -std=c++23 main.cpp --use-port=path/to/hawser/packaging/emscripten/hawser.py -o main.js
#
# Builds the hawser that contains this file: a checkout, or the source of a release. See
# docs/installing.md.

import functools
import hashlib
import json
import re
from pathlib import Path

from tools import utils

ROOT = Path(__file__).resolve().parents[2]


def read(name):
  return (ROOT / name).read_text(encoding='utf-8')


# These values are defined elsewhere. Read them, so that each has only one definition.
PACKAGE = json.loads(read('package.json'))
CMAKE = re.sub('#.*', '', read('CMakeLists.txt'))
VERSION = '.'.join(re.findall(r'#define HAWSER_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)', read('wasm/include/hawser/version.hpp')))
# Without hawser::testing, which is for CMake.
SOURCES = {file.relative_to(ROOT).as_posix() for file in ROOT.glob('wasm/src/**/*.cpp') if file.parent.name != 'testing'}
DETAILS = ''.join(file.read_text(encoding='utf-8') for file in ROOT.glob('wasm/include/hawser/detail/*.hpp'))
OLDEST_EMSCRIPTEN = re.search(r'hawser needs Emscripten ([\d.]*\d)', CMAKE + DETAILS).group(1)

URL = PACKAGE['homepage']
DESCRIPTION = PACKAGE['description']
LICENSE = PACKAGE['license']

LEVELS = ['0', '1', '2', '3', 'g', 's', 'z']

OPTIONS = {
  'optimizationLevel': f'how hawser itself is compiled, one of {", ".join(LEVELS)}; 3 by default, 0 to debug it',
}

level = '3'


def show():
  return f'hawser {VERSION} (--use-port=path/to/hawser.py; {LICENSE} license)'


def handle_options(options, error_handler):
  global level
  level = options['optimizationLevel']
  if level not in LEVELS:
    error_handler(f'optimizationLevel is one of {", ".join(LEVELS)}, and not `{options["optimizationLevel"]}`')


def process_args(ports):
  # Uses the headers in place. Headers copied to Emscripten's cache would be those of the last
  # checkout that was used.
  return ['-isystem', str(ROOT / 'wasm/include')]


def linker_setup(ports, settings):
  settings.JS_LIBRARIES.append(str(ROOT / 'wasm/src/socket/shim.js'))
  # If there is no memory for a message, its socket must end, not the program.
  settings.ABORTING_MALLOC = 0


def get(ports, settings, shared):
  # Emscripten itself keeps builds with -m64, -fPIC and -flto apart. Exceptions make no difference:
  # hawser neither throws nor catches, and does not rely on unwinding to run its destructors.
  threads = ['-pthread'] if settings.PTHREADS else []

  def create(final):
    work = f'hawser-{fingerprint()}'
    folder = Path(ports.get_build_dir(), work, 'sources')
    folder.mkdir(parents=True, exist_ok=True)
    units = [write_unit(folder, name, files) for name, files in translation_units()]
    flags = ['-std=c++23', f'-O{level}', '-DNDEBUG', '-fno-exceptions', '-Wno-error', '-fno-lto', *threads]
    ports.build_port(str(folder), final, work, srcs=units, includes=[str(ROOT / 'wasm/include')], flags=flags)

  name = '-'.join(['libhawser', VERSION, fingerprint(), f'O{level}', *(['mt'] if threads else [])])
  return [shared.cache.get_lib(f'{name}.a', create, what='port')]


def clear(ports, settings, shared):
  # Keeps the libraries of other checkouts, which may be compiling at the same time.
  for library in Path(shared.cache.get_lib_dir(absolute=True)).glob(f'libhawser-{VERSION}-{fingerprint()}-*.a'):
    shared.cache.erase_lib(library.name)


def check_emscripten():
  version = utils.read_file(utils.path_from_root('emscripten-version.txt')).strip().strip('"')
  if numbers(version) < numbers(OLDEST_EMSCRIPTEN):
    utils.exit_with_error(f'hawser needs Emscripten {OLDEST_EMSCRIPTEN} or newer, and this is {version}. '
                          'With emsdk: emsdk install latest && emsdk activate latest')


def numbers(version):
  return [int(number) for number in re.findall(r'\d+', version)[:3]]


def translation_units():
  """The sources of each translation unit, by its name. CMakeLists.txt explains why each layer is one."""
  sources = r'\s+((?:wasm/src/\S+\.cpp\s*)+)\)'
  layers = re.findall(r'set\((\w+)' + sources, CMAKE)
  others = re.findall(r'target_sources\(\s*\S+\s+PRIVATE' + sources, CMAKE)
  units = [(name, files.split()) for name, files in layers if name != 'testing']
  units += [(Path(file).stem, [file]) for files in others for file in files.split()]
  # Two units of one name, or a source that is in no unit, would cause undefined symbols in programs
  # that link the library.
  if len(dict(units)) != len(units) or {file for _, files in units for file in files} != SOURCES:
    raise Exception(f'{Path(__file__).name} does not understand how CMakeLists.txt lists its sources')
  return units


def write_unit(folder, name, files):
  includes = ''.join(f'#include "{(ROOT / file).as_posix()}"\n' for file in files)
  (folder / f'{name}.cpp').write_text(includes, encoding='utf-8')
  return f'{name}.cpp'


@functools.cache
def fingerprint():
  """A hash of the sources and their paths. All checkouts share Emscripten's cache, and each change is a new library."""
  files = [file for folder in ['wasm/include', 'wasm/src'] for file in ROOT.glob(f'{folder}/**/*.[ch]pp')]
  hash = hashlib.sha256()
  for file in sorted([*files, ROOT / 'CMakeLists.txt', Path(__file__)]):
    hash.update(file.as_posix().encode() + b'\0' + file.read_bytes())
  return hash.hexdigest()[:12]


check_emscripten()
