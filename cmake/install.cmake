# cmake --install: the headers, an archive for each set of flags that needs its own, and the files
# by which builds find them.
#
# Programs with -pthread and -m64 need their own archives. Exceptions make no difference: hawser's
# code neither throws nor catches, and does not rely on unwinding to run its destructors. It is
# compiled without exceptions, so that programs with and without them can link it.
include(CMakePackageConfigHelpers)

get_directory_property(options COMPILE_OPTIONS)
if("${CMAKE_CXX_FLAGS};${options}" MATCHES "${hawser_pthread_regex}|${hawser_m64_regex}")
  message(FATAL_ERROR "hawser installs archives for -pthread and for -m64 beside the one without: leave these flags out, "
                      "or set HAWSER_INSTALL=OFF to install nothing.")
endif()

# Installing needs only the archives below. Other users of hawser build this target when they need
# it.
set_target_properties(hawser PROPERTIES EXCLUDE_FROM_ALL ON)

set(include include)
set(lib lib)
set(package lib/cmake/hawser)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/install)

file(READ ${hawser_shim} shim)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${hawser_shim})

# Installs one archive with its shim and its .pc file, for programs with exactly these flags.
function(install_archive name flags)
  set(folder lib)
  if(flags)
    set(for_what ", for programs with${flags}")
  endif()
  foreach(flag IN ITEMS pthread m64)
    if(flags MATCHES ${flag})
      string(APPEND folder /hawser-${flag})
      set(has_${flag} true)
      set(${flag}_mistake "without -${flag}, and this archive of hawser is for programs with it: write -${flag} where \
you link, too, or nowhere")
    else()
      set(has_${flag} false)
      set(${flag}_mistake "with -${flag}, and this archive of hawser is for programs without it: write -${flag} where you \
compile, too, or ask pkg-config for hawser-${flag} (hawser-pthread-m64 for both flags)")
    endif()
  endforeach()
  separate_arguments(options UNIX_COMMAND "${flags}")
  hawser_add_library(${name}-archive)
  # The compiler may have warnings that are newer than hawser's tests.
  target_compile_options(${name}-archive PRIVATE -fno-exceptions -Wno-error ${options})
  set_target_properties(${name}-archive PROPERTIES OUTPUT_NAME hawser ARCHIVE_OUTPUT_DIRECTORY ${generated}/${folder})
  hawser_add_testing(${name}-testing-archive ${name}-archive)
  target_compile_options(${name}-testing-archive PRIVATE -fno-exceptions -Wno-error ${options})
  set_target_properties(${name}-testing-archive PROPERTIES OUTPUT_NAME hawser-testing ARCHIVE_OUTPUT_DIRECTORY
                                                                                      ${generated}/${folder}
                                                           EXCLUDE_FROM_ALL OFF)
  install(TARGETS ${name}-archive ${name}-testing-archive ARCHIVE DESTINATION ${folder})

  configure_file(cmake/libhawser.js.in ${generated}/${folder}/libhawser.js @ONLY)
  install(FILES ${generated}/${folder}/libhawser.js DESTINATION ${folder})

  configure_file(cmake/hawser.pc.in ${generated}/${name}.pc @ONLY)
  install(FILES ${generated}/${name}.pc DESTINATION lib/pkgconfig)
endfunction()

install_archive(hawser "")
install_archive(hawser-pthread " -pthread")
install_archive(hawser-m64 " -m64")
install_archive(hawser-pthread-m64 " -pthread -m64")

configure_package_config_file(
  cmake/hawserTargets.cmake.in ${generated}/hawserTargets.cmake
  INSTALL_DESTINATION ${package}
  PATH_VARS include lib
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
install(FILES ${generated}/hawserTargets.cmake DESTINATION ${package})
install(FILES cmake/linking.cmake DESTINATION ${package} RENAME hawserLinking.cmake)

include(cmake/package.cmake)
