//go:build apiserver

package hub

import (
	"fmt"
	"testing"
)

// kills is how often the hub is killed under load.
const kills = 5

// TestKilledUnderLoad kills the only replica, over and over, while tasks change all the time and many look on. Nobody
// is told anything twice or in the wrong order, and in the end everybody knows what the clusters hold.
func TestKilledUnderLoad(t *testing.T) {
	w := theWorld(t)
	still := w.watched(t)
	hub := w.start(t).ready(t)
	front := newBalancer(t, hub)
	writing := w.write(t)
	onlookers := w.crowd(t, front.url, 9)
	connected := make([]int, len(onlookers))
	for range kills {
		everybodyConnects(t, onlookers, connected)
		writing.goesOn(t, 80)
		connected = connects(onlookers)
		hub.kill()
		// What happens while nobody watches must not be lost either.
		writing.goesOn(t, 80)
		hub = w.start(t).ready(t)
		front.set(hub)
	}
	everybodyConnects(t, onlookers, connected)
	writing.goesOn(t, 80)
	writing.stop()
	still()
	w.agree(t, onlookers)
	complaints(t, onlookers)
	t.Logf("%d kills, %d onlookers, %d writes (%d deletions): %+v", kills, len(onlookers), writing.writes.Load(), writing.deleted.Load(), sum(onlookers))
}

// connects is how often each onlooker has connected.
func connects(onlookers []*onlooker) []int {
	connects := make([]int, len(onlookers))
	for i, o := range onlookers {
		_, connects[i], _ = o.numbers()
	}
	return connects
}

// everybodyConnects waits until each has connected once more.
func everybodyConnects(t *testing.T, onlookers []*onlooker, before []int) {
	t.Helper()
	for i, o := range onlookers {
		eventually(t, fmt.Sprintf("onlooker %d connects", i), func() error {
			if _, connects, _ := o.numbers(); connects < before[i]+1 {
				return fmt.Errorf("it connected %d times, waiting for %d", connects, before[i]+1)
			}
			return nil
		})
	}
}
