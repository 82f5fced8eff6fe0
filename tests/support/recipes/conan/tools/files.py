import hashlib
import io
import os
import shutil
import urllib.request
import zipfile


def get(conanfile, url, sha256, strip_root):
  assert strip_root
  data = urllib.request.urlopen(url).read()
  assert hashlib.sha256(data).hexdigest() == sha256
  # vcpkg's portfile may have unpacked it already; then the same files are not built twice.
  if not os.path.exists(conanfile.source_folder):
    unpacked = conanfile.source_folder + '.unpacked'
    zipfile.ZipFile(io.BytesIO(data)).extractall(unpacked)
    os.rename(os.path.join(unpacked, *os.listdir(unpacked)), conanfile.source_folder)


def copy(conanfile, pattern, source, target):
  os.makedirs(target, exist_ok=True)
  shutil.copy(os.path.join(source, pattern), target)
