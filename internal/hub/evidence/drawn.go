package evidence

import (
	"sync"
	"time"

	"k8s.io/utils/lru"

	"github.com/workbench-dev/workbench/internal/analysis"
)

const (
	// keptCharts is how many releases' charts are kept.
	keptCharts = 256
	// shortestKept is how long they are kept at least: as long as Prometheus usually needs for the next point.
	shortestKept = 5 * time.Second
)

// chartKey is all that charts depend on. Who may see the task was asked before it is looked up.
type chartKey struct {
	task           string
	generation     int64
	stable, canary string
	from, to       int64
	points         int
}

// drawn keeps charts for a while. Who asks for one that is being drawn waits for it.
type drawn struct {
	once sync.Once
	// finding keeps two from drawing the same at once.
	finding sync.Mutex
	kept    *lru.Cache
}

type drawing struct {
	mutex  sync.Mutex
	until  time.Time
	charts []analysis.Chart
}

func (d *drawn) get(key chartKey, now time.Time, keep time.Duration, draw func() ([]analysis.Chart, error)) ([]analysis.Chart, error) {
	d.once.Do(func() { d.kept = lru.New(keptCharts) })
	one := d.of(key)
	one.mutex.Lock()
	defer one.mutex.Unlock()
	if now.Before(one.until) {
		return one.charts, nil
	}
	charts, err := draw()
	if err != nil {
		return nil, err
	}
	one.charts, one.until = charts, now.Add(keep)
	return charts, nil
}

func (d *drawn) of(key chartKey) *drawing {
	d.finding.Lock()
	defer d.finding.Unlock()
	if found, ok := d.kept.Get(key); ok {
		return found.(*drawing)
	}
	one := &drawing{}
	d.kept.Add(key, one)
	return one
}
