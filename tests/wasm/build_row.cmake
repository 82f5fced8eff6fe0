# Builds one row of the matrix. If it fails, removes its program, so that no test uses an outdated
# one.
set(ENV{EM_CLOSURE_COMPILER} ${CLOSURE_COMPILER})
set(result 0)
if(NOT EXISTS ${FOLDER}/configured OR ${FOLDER}.cmake IS_NEWER_THAN ${FOLDER}/configured)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER} -G ${GENERATOR} -C ${FOLDER}.cmake
            -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN} --log-level=WARNING
    RESULT_VARIABLE result)
  if(result EQUAL 0)
    file(TOUCH ${FOLDER}/configured)
  endif()
endif()
if(result EQUAL 0)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${FOLDER} --parallel 1 RESULT_VARIABLE result)
endif()
if(NOT result EQUAL 0)
  file(REMOVE ${FOLDER}/application.mjs)
  message(FATAL_ERROR "The row ${NAME} of the matrix cannot be built (tests/wasm/CMakeLists.txt has its flags).")
endif()
