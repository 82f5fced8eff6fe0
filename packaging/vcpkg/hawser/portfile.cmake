vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
# One build serves programs of every build type, because hawser's package links no separate archive
# for Debug.
set(VCPKG_BUILD_TYPE release)

vcpkg_download_distfile(
  archive
  URLS "@ZIP_URL@"
  FILENAME "hawser-@VERSION@.zip"
  SHA512 @SHA512@)
vcpkg_extract_source_archive(source ARCHIVE "${archive}")

vcpkg_cmake_configure(
  SOURCE_PATH "${source}"
  OPTIONS -DHAWSER_INSTALL=ON -DHAWSER_MODULE=OFF -DHAWSER_DEMO=OFF -DHAWSER_EXAMPLES=OFF -DHAWSER_TEST=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/hawser)
vcpkg_fixup_pkgconfig()

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
