// libcurl's option calls are variadic, which Swift cannot import: one typed inline function for each kind of value.
#include <curl/curl.h>
