// Command judge measures the judge by simulation, with fixed seeds, and prints the tables of docs/benchmarks/judge.md:
// how often it calls a good version bad, and how soon it finds a bad one, beside the checks that other tools
// document, on the same traffic. It reads nothing and prints markdown to standard output; it takes about three
// minutes on one core.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	scale := flag.Float64("scale", 1, "part of the full number of simulated releases, above 0 and up to 1")
	flag.Parse()
	if *scale <= 0 || *scale > 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "judge: -scale must be above 0 and at most 1, and there are no arguments")
		os.Exit(2)
	}
	began := time.Now()
	b := bench{out: os.Stdout, scale: *scale}
	b.introduction()
	b.goodReleases()
	b.hardReleases()
	b.errorDetection()
	b.latencyDetection()
	fmt.Fprintf(os.Stderr, "took %s\n", time.Since(began).Round(time.Second))
}
