/* The triad of STREAM (McCalpin 1995), as anybody compiles it: `triad ELEMENTS`, one answer a line.
 *
 * For every line on standard input it prints the seconds of its fastest pass of PASSES. The number
 * of threads is that of OMP_NUM_THREADS.
 */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#define PASSES 10
#define SCALAR 3.0

int main(int count, char **words) {
  long size = count > 1 ? atol(words[1]) : 0;
  double *a = malloc(size * sizeof *a), *b = malloc(size * sizeof *b), *c = malloc(size * sizeof *c);
  if (size < 1 || !a || !b || !c) return 1;
#pragma omp parallel for
  for (long i = 0; i < size; i++) a[i] = 0.0, b[i] = 2.0, c[i] = 1.0;
  while (getchar() != EOF) {
    double best = 1e9;
    for (int pass = 0; pass < PASSES; pass++) {
      double start = omp_get_wtime();
#pragma omp parallel for
      for (long i = 0; i < size; i++) a[i] = b[i] + SCALAR * c[i];
      double took = omp_get_wtime() - start;
      if (took < best) best = took;
    }
    if (a[size / 2] != 2.0 + SCALAR) return 2;
    printf("%.9f\n", best);
    fflush(stdout);
  }
  return 0;
}
