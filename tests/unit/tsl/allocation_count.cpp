// Counts the allocations of this executable, for check_test.cpp. A file of its own, so that the
// compiler sees no pair of new and free() in one place.
#include <cstdlib>
#include <new>

namespace fleet::tsl::test {

extern std::size_t allocations;
std::size_t allocations = 0;

} // namespace fleet::tsl::test

void* operator new(std::size_t size) {
  ++fleet::tsl::test::allocations;
  if (void* p = std::malloc(size)) {
    return p;
  }
  std::abort();
}
// simdjson's way to allocate, which must fit the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
