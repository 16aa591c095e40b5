// Counts the allocations of this executable, for memory_test.cpp. A file of its own, so that the
// compiler sees no pair of new and free() in one place.
#include <cstdlib>
#include <new>

namespace fleet::mqtt::test {

extern std::size_t allocations;
std::size_t allocations = 0;

} // namespace fleet::mqtt::test

void* operator new(std::size_t size) {
  ++fleet::mqtt::test::allocations;
  if (void* p = std::malloc(size)) {
    return p;
  }
  std::abort();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
