package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

// BenchmarkFanOut brings one change to 1,000 cursors in five audiences, as
// 1,000 open tabs would read it. One op is one change to all of them.
func BenchmarkFanOut(b *testing.B) {
	for _, joined := range []int{1, 50} {
		b.Run(fmt.Sprintf("%d entries to a frame", joined), func(b *testing.B) {
			w := newWorld(b)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
			var open []*screen
			for n := range 1000 {
				// Ten sockets per person is the limit, so most people are invented on the way.
				person := id("extra", n)
				w.put(crm.TypeUser, person, crm.Fields{"name": "Extra"})
				role := []string{"lead", "member", "guest", "head", "admin"}[n%5]
				w.put(crm.TypeMembership, id("extram", n), crm.Fields{
					"userId": string(person), "departmentId": string(sales), "role": role,
				})
			}
			w.commit(edit{crm.TypeUser, id("extra", 1000), crm.Fields{"name": "The last"}}) // builds the policy
			for n := range 1000 {
				open = append(open, w.open(id("extra", n)))
			}
			read := func() {
				for _, s := range open {
					for {
						data, end := s.cursor.Next()
						if end != nil {
							b.Fatal(end)
						}
						if data == nil {
							break
						}
					}
				}
			}
			read()
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N {
				w.commit(w.deal(1, crm.Fields{"nextStep": fmt.Sprint("step ", n)}))
				if (n+1)%joined == 0 {
					read()
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/delivery")
		})
	}
}

// Somebody takes a card on a board that a thousand screens show: ns per screen.
func BenchmarkACardInTheHand(b *testing.B) {
	for _, audiences := range []int{1, 200} {
		b.Run(fmt.Sprintf("%d audiences", audiences), func(b *testing.B) { cardInTheHand(b, audiences) })
	}
}

func cardInTheHand(b *testing.B, audiences int) {
	const many = 1000
	w := newWorld(b)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.hire(many)
	if audiences > 1 {
		w.intoTeams(many, audiences)
	}
	var cursors []*stream.Cursor
	for n := range many {
		c, end := w.stream.Open(context.Background(), stream.Opening{User: id("person", 100+n), Session: id("session", 1), Hello: w.hello(nil, ""), OnWake: func() {}})
		if end != nil {
			b.Fatal(end)
		}
		b.Cleanup(c.Close)
		if err := c.Watch(wire.Watch{Type: "watch", BoardID: string(board)}); err != nil {
			b.Fatal(err)
		}
		cursors = append(cursors, c)
	}
	told := 0
	read := func() {
		w.advance(2 * time.Second)
		w.stream.Beat()
		for _, c := range cursors {
			for data, _ := c.Next(); data != nil; data, _ = c.Next() {
				told++
			}
		}
	}
	read()
	for n := 0; b.Loop(); n++ {
		holding := ""
		if n%2 == 0 {
			holding = string(id("deal", 1))
		}
		if err := cursors[0].Watch(wire.Watch{Type: "watch", BoardID: string(board), Holding: holding}); err != nil {
			b.Fatal(err)
		}
		read()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/screen")
	b.ReportMetric(float64(told)/float64(b.N)/many, "messages/screen")
}
