package stream_test

import (
	"fmt"
	"testing"

	"rapport/server/crm"
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
