# What linking hawser requires. Used for the target of the build tree and for the target of an
# installed hawser.

# Sets `result` to a generator expression: whether the target that links hawser is compiled with an
# option that matches `regex`. It sees the options of the target and of its folder, but
# CMAKE_CXX_FLAGS only as they are now. If a target links other libraries, CMake passes their
# options only to the first such expression of a property.
function(hawser_compiled_with result regex)
  if(" ${CMAKE_CXX_FLAGS} " MATCHES " (${regex}) ")
    set(${result} 1 PARENT_SCOPE)
  else()
    set(${result} "$<BOOL:$<FILTER:$<TARGET_PROPERTY:COMPILE_OPTIONS>,INCLUDE,(^|:| )(${regex})( |$)>>" PARENT_SCOPE)
  endif()
endfunction()

set(hawser_pthread_regex "-pthread|-sUSE_PTHREADS(=1)?")
set(hawser_m64_regex "-m64|-sMEMORY64(=[12])?|--target=wasm64[^ ]*")

# Only a file name that em++ can't find lets a link option report an error.
function(hawser_refuse target condition sentence)
  target_link_options(${target} INTERFACE "$<${condition}:${sentence}>")
endfunction()

# `shim` is the link options that name the shim. The other arguments are files: when one changes,
# programs are linked again.
function(hawser_set_linking target shim)
  # If there is no memory for a message, its socket must end, not the program. So malloc must return
  # null, as the C standard says, even if memory can't grow. operator new still ends the program, or
  # throws.
  target_link_options(${target} INTERFACE ${shim} -sABORTING_MALLOC=0)
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_DEPENDS ${ARGN})
  hawser_refuse(${target} "$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY;MODULE_LIBRARY>"
                "hawser must be linked into the main module, not into a side module (docs/caveats.md)")
endfunction()

# A build tree has only one archive, compiled with the options of its own folder.
function(hawser_refuse_other_threads target)
  hawser_compiled_with(program "${hawser_pthread_regex}")
  string(REPLACE "<TARGET_PROPERTY:" "<TARGET_PROPERTY:${target}," library "${program}")
  hawser_refuse(
    ${target} "$<NOT:$<STREQUAL:${program},${library}>>"
    "hawser and this target are not both compiled with -pthread: write add_compile_options(-pthread) and \
add_link_options(-pthread) before hawser is added, and do not use -pthread for one target alone")
endfunction()
