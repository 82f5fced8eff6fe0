import subprocess


def cmake_layout(conanfile, src_folder):
  assert src_folder == 'src'


class CMakeToolchain:
  def __init__(self, conanfile):
    self.conanfile = conanfile
    self.cache_variables = {}

  def generate(self):
    self.conanfile.generated = [f'-D{name}={"ON" if value else "OFF"}' for name, value in self.cache_variables.items()]


class CMake:
  def __init__(self, conanfile):
    self.conanfile = conanfile

  def configure(self):
    folders = ['-S', self.conanfile.source_folder, '-B', self.conanfile.build_folder]
    toolchain = f'-DCMAKE_TOOLCHAIN_FILE={self.conanfile.toolchain}'
    self.run('-G', 'Ninja', *folders, toolchain, '-DCMAKE_BUILD_TYPE=Release', *self.conanfile.generated)

  def build(self):
    self.run('--build', self.conanfile.build_folder)

  def install(self):
    self.run('--install', self.conanfile.build_folder, '--prefix', self.conanfile.package_folder)

  def run(self, *arguments):
    subprocess.run(['cmake', *arguments], check=True, stdout=subprocess.DEVNULL)
