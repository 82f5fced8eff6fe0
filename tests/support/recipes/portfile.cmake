# Runs a portfile of vcpkg, with stand-ins for those of vcpkg's functions that hawser's calls:
#
#   cmake -DPORTFILE=… -DSCRATCH=… -DPREFIX=… -DTOOLCHAIN=… -P portfile.cmake
#
# The source is unpacked in SCRATCH/source, built in SCRATCH/build and installed in PREFIX.
cmake_minimum_required(VERSION 3.25)

set(PORT hawser)
set(CURRENT_PACKAGES_DIR ${PREFIX})

function(vcpkg_check_linkage)
endfunction()

macro(read_arguments first one many)
  cmake_parse_arguments(PARSE_ARGV ${first} argument "" "${one}" "${many}")
  if(argument_UNPARSED_ARGUMENTS OR argument_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "unknown: ${argument_UNPARSED_ARGUMENTS}; without a value: ${argument_KEYWORDS_MISSING_VALUES}")
  endif()
endmacro()

function(vcpkg_download_distfile result)
  read_arguments(1 "FILENAME;SHA512" "URLS")
  set(file ${SCRATCH}/${argument_FILENAME})
  file(DOWNLOAD ${argument_URLS} ${file} EXPECTED_HASH SHA512=${argument_SHA512})
  set(${result} ${file} PARENT_SCOPE)
endfunction()

function(vcpkg_extract_source_archive result)
  read_arguments(1 "ARCHIVE" "")
  file(ARCHIVE_EXTRACT INPUT ${argument_ARCHIVE} DESTINATION ${SCRATCH}/unpacked)
  file(GLOB root ${SCRATCH}/unpacked/*)
  file(RENAME ${root} ${SCRATCH}/source)
  set(${result} ${SCRATCH}/source PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  read_arguments(0 "SOURCE_PATH" "OPTIONS")
  execute_process(
    COMMAND
      ${CMAKE_COMMAND} -G Ninja -S ${argument_SOURCE_PATH} -B ${SCRATCH}/build -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${PREFIX} ${argument_OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_install)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${SCRATCH}/build --target install COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Moves the package to where vcpkg expects packages, one level higher, and adjusts its relative path
# to the prefix.
function(vcpkg_cmake_config_fixup)
  read_arguments(0 "PACKAGE_NAME;CONFIG_PATH" "")
  file(RENAME ${PREFIX}/${argument_CONFIG_PATH} ${PREFIX}/share/${PORT})
  file(REMOVE_RECURSE ${PREFIX}/lib/cmake)
  file(GLOB files ${PREFIX}/share/${PORT}/*.cmake)
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REGEX REPLACE [[(PACKAGE_PREFIX_DIR "\${CMAKE_CURRENT_LIST_DIR}/\.\./)(\.\./)*"]] [[\1../"]] text "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
  if(NOT EXISTS ${PREFIX}/lib/pkgconfig/hawser.pc)
    message(FATAL_ERROR "lib/pkgconfig/hawser.pc is missing")
  endif()
endfunction()

function(vcpkg_install_copyright)
  read_arguments(0 "" "FILE_LIST")
  configure_file(${argument_FILE_LIST} ${PREFIX}/share/${PORT}/copyright COPYONLY)
endfunction()

include(${PORTFILE})
