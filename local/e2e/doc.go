// Package e2e tests the life of whole clusters on this machine, by the program as
// people use it. Its tests need root and the build tag e2e:
//
//	go test -tags e2e -count=1 -timeout 30m ./e2e
//
// They make clusters named lc-a, lc-b and lc-cut and take them down again; other
// clusters are left alone. WORKBENCH_LOCAL names the program to test; without it
// one is built.
package e2e
