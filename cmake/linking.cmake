# What it takes to link hawser, once for the target of its build tree and once for the target of an installed hawser.

# Sets `result` to a generator expression: whether the target that links hawser is compiled with an option that matches
# `regex`. It sees the options of the target and of its folder, but CMAKE_CXX_FLAGS only as they are now. CMake gives the
# options of other libraries that the target links to the first such expression of a property, and not to more of them.
function(hawser_compiled_with result regex)
  if(" ${CMAKE_CXX_FLAGS} " MATCHES " (${regex}) ")
    set(${result} 1 PARENT_SCOPE)
  else()
    set(${result} "$<BOOL:$<FILTER:$<TARGET_PROPERTY:COMPILE_OPTIONS>,INCLUDE,(^|:| )(${regex})( |$)>>" PARENT_SCOPE)
  endif()
endfunction()

set(hawser_pthread_regex "-pthread|-sUSE_PTHREADS(=1)?")
set(hawser_m64_regex "-m64|-sMEMORY64(=[12])?|--target=wasm64[^ ]*")

# A link option can say no only as the name of a file that em++ does not find.
function(hawser_refuse target condition sentence)
  target_link_options(${target} INTERFACE "$<${condition}:${sentence}>")
endfunction()

# `shim` is the link options that name the shim; a program is linked again when one of the files that follow changes.
function(hawser_set_linking target shim)
  # A message for which there is no memory must end its socket, not the program: malloc returns null then, as C says, even
  # where memory may not grow. operator new still ends the program by itself, or throws.
  target_link_options(${target} INTERFACE ${shim} -sABORTING_MALLOC=0)
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_DEPENDS ${ARGN})
  hawser_refuse(${target} "$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY;MODULE_LIBRARY>"
                "hawser belongs into the main module and not into a side module (docs/caveats.md)")
endfunction()

# In a build tree there is one archive, which is compiled as its own folder says.
function(hawser_refuse_other_threads target)
  hawser_compiled_with(program "${hawser_pthread_regex}")
  string(REPLACE "<TARGET_PROPERTY:" "<TARGET_PROPERTY:${target}," library "${program}")
  hawser_refuse(
    ${target} "$<NOT:$<STREQUAL:${program},${library}>>"
    "hawser and this target are not both compiled with -pthread: write add_compile_options(-pthread) and \
add_link_options(-pthread) before hawser is taken in, and not -pthread for one target alone")
endfunction()
