/* The clock of the present core in GHz: additions that wait for each other take a cycle each.
 *
 * One answer for every line on standard input, of the fastest of PASSES.
 */
#include <stdio.h>
#include <time.h>

#define PASSES 50
#define ADDITIONS 3000000L

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(void) {
  while (getchar() != EOF) {
    double best = 1e9;
    for (int pass = 0; pass < PASSES; pass++) {
      unsigned long x = 1;
      double start = now();
      for (long i = 0; i < ADDITIONS / 10; i++)
        __asm__ volatile(
            "add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n"
            "add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n add %0, %0\n"
            : "+r"(x));
      double took = now() - start;
      if (took < best) best = took;
    }
    printf("%.6f\n", 1e-9 * ADDITIONS / best);
    fflush(stdout);
  }
  return 0;
}
