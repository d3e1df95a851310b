// Compiled into the addon. TensorFlow greets on standard error while its library is being loaded, before anybody could
// tell it not to. A symbol of the addon goes before the library's of the same name; so the level is asked of this function
// from the beginning: what TF_CPP_MIN_LOG_LEVEL says, else warnings and worse.
#if __has_include("absl/log/globals.h")

#include <cstdlib>

#include "absl/base/config.h"
#include "absl/base/log_severity.h"
#include "absl/log/globals.h"

namespace absl {
ABSL_NAMESPACE_BEGIN

__attribute__((visibility("default"))) LogSeverityAtLeast MinLogLevel() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level == nullptr ? LogSeverityAtLeast::kWarning : static_cast<LogSeverityAtLeast>(std::atoi(level));
}

ABSL_NAMESPACE_END
}  // namespace absl

#endif
