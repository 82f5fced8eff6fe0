# What find_package finds: hawser for programs, for native tests, or for both in one folder.
include(CMakePackageConfigHelpers)

install(DIRECTORY wasm/include/hawser DESTINATION include)
install(FILES LICENSE DESTINATION share/licenses/hawser)

set(package lib/cmake/hawser)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/install)
configure_package_config_file(
  cmake/hawserConfig.cmake.in ${generated}/hawserConfig.cmake
  INSTALL_DESTINATION ${package}
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
  ${generated}/hawserConfigVersion.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(FILES ${generated}/hawserConfig.cmake ${generated}/hawserConfigVersion.cmake DESTINATION ${package})
