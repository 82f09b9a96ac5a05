//go:build !race

package main

// slowdown is how much longer things may take: not at all.
const slowdown = 1
