# cmake --install of a native build: hawser on a scripted browser, for an application's own tests.
# It has its own folder, so that the same prefix can also contain the archives for Emscripten.
set_target_properties(hawser-testing PROPERTIES EXPORT_NAME testing)
install(TARGETS hawser hawser-testing EXPORT hawserTesting ARCHIVE DESTINATION lib/hawser-testing INCLUDES DESTINATION include)
install(EXPORT hawserTesting NAMESPACE hawser:: FILE hawserTesting.cmake DESTINATION lib/cmake/hawser)
include(cmake/package.cmake)
