package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// testPlace stands in for a test, so that testkit can give its MongoDB to a
// program that is none. What it does not override must not be called.
type testPlace struct {
	testing.TB
	cleanups []func()
}

// testFailure is what Fatal panics with.
type testFailure struct{ error }

func (p *testPlace) Helper()                  {}
func (p *testPlace) Context() context.Context { return context.Background() }
func (p *testPlace) Cleanup(f func())         { p.cleanups = append(p.cleanups, f) }

// Error only reports: cleaning up fails after the figures are there.
func (p *testPlace) Error(args ...any)                 { fmt.Println(args...) }
func (p *testPlace) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (p *testPlace) Fatal(args ...any) { panic(testFailure{errors.New(fmt.Sprint(args...))}) }
func (p *testPlace) Fatalf(format string, args ...any) {
	panic(testFailure{fmt.Errorf(format, args...)})
}

func (p *testPlace) cleanUp() {
	for i := len(p.cleanups) - 1; i >= 0; i-- {
		p.cleanups[i]()
	}
}

// onMongo runs work beside the MongoDB server that the tests use; databases that
// it asks testkit for are gone afterwards.
func onMongo(work func(place *testPlace) error) (err error) {
	place := &testPlace{}
	defer place.cleanUp()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case testFailure:
			err = p
		default:
			panic(p)
		}
	}()
	return work(place)
}
