import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, get


class HawserConan(ConanFile):
  name = 'hawser'
  version = '@VERSION@'
  description = '@DESCRIPTION@'
  license = '@LICENSE@'
  url = '@HOMEPAGE@'
  homepage = '@HOMEPAGE@'
  topics = ('websocket', 'emscripten', 'webassembly')
  package_type = 'static-library'
  settings = 'os', 'arch', 'compiler', 'build_type'

  def validate(self):
    if self.settings.os != 'Emscripten':
      raise ConanInvalidConfiguration('hawser is for Emscripten: give a host profile with os=Emscripten')

  def layout(self):
    cmake_layout(self, src_folder='src')

  def source(self):
    get(self, **self.conan_data['sources'][self.version], strip_root=True)

  def generate(self):
    toolchain = CMakeToolchain(self)
    toolchain.cache_variables['HAWSER_INSTALL'] = True
    for part in ['MODULE', 'DEMO', 'EXAMPLES', 'TEST']:
      toolchain.cache_variables[f'HAWSER_{part}'] = False
    toolchain.generate()

  def build(self):
    cmake = CMake(self)
    cmake.configure()
    cmake.build()

  def package(self):
    copy(self, 'LICENSE', self.source_folder, os.path.join(self.package_folder, 'licenses'))
    CMake(self).install()

  def package_info(self):
    # Uses hawser's own CMake package, which selects the archive that matches -pthread and -m64.
    self.cpp_info.set_property('cmake_find_mode', 'none')
    self.cpp_info.builddirs = [os.path.join('lib', 'cmake', 'hawser')]
