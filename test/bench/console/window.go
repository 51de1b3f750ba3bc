package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
)

// window is a person's browser. Each measurement is a browser of its own; see console/bench.
type window struct {
	browser string
	person  *fleet.Visitor
	version string // of the browser that measured last
}

// list is a page with a list, and what to look for in it.
type list struct {
	Address string            `json:"address"`
	Stored  map[string]string `json:"stored"`
	Path    string            `json:"path"`
	Row     string            `json:"row"`
	Control string            `json:"control"`
	Answer  string            `json:"answer"`
	Next    string            `json:"next"`
}

var (
	consoleList = list{
		Address: fleet.HubAddress, Path: "/releases", Row: "tr[data-path]",
		Control: `button[aria-haspopup="menu"]`, Answer: `.ant-dropdown [role="menuitem"]`, Next: `button[aria-label="Next page"]`,
	}
	// Cards, each with buttons; the first asks whether one is sure.
	dashboardList = list{
		Address: fleet.DashboardAddress, Path: "rollouts/", Row: ".rollouts-list__widget",
		Control: ".rollouts-list__widget__actions button", Answer: ".ant-popover",
	}
)

// loads is what was seen of a list's arrival.
type loads struct {
	Cold, Slow, Warm []arrival
	Turned           []float64 // milliseconds
}

// arrival is one load; times are milliseconds since the navigation began. See console/bench/loads.mjs.
type arrival struct {
	Painted, Rows, Answered, Blocked      float64
	ScriptWire, ScriptSize, Scripts, Wire int64
}

// frames is what was seen of frames; times are milliseconds. See console/bench/frames.mjs.
type frames struct {
	Frames   []float64
	Work     []float64 // of processor time
	Long     []longFrame
	Changed  int
	Distance float64
}

type longFrame struct {
	Duration, Drawing float64
	Scripts           []struct {
		Name     string
		Duration float64
	}
}

// call is one answer of an API as a page gets it.
type call struct {
	Took       float64 // milliseconds
	Wire, Size int64
}

func (w *window) loads(ctx context.Context, page list, count, turns int) (seen loads, err error) {
	err = w.measure(ctx, "loads", map[string]any{"loads": count, "turns": turns}, page, &seen)
	if err == nil && len(seen.Cold) == 0 {
		err = fmt.Errorf("%s%s was not loaded", page.Address, page.Path)
	}
	return seen, err
}

func (w *window) calls(ctx context.Context, address, page, path string, count int) ([]call, error) {
	var seen struct{ Calls []call }
	err := w.measure(ctx, "calls", map[string]any{"calls": count, "page": page}, list{Address: address, Path: path}, &seen)
	return seen.Calls, err
}

func (w *window) frames(ctx context.Context, page list, rows int, scroll bool, look time.Duration) (seen frames, err error) {
	err = w.measure(ctx, "frames", map[string]any{"rows": rows, "scroll": scroll, "seconds": look.Seconds()}, page, &seen)
	if err == nil && (len(seen.Frames) == 0 || len(seen.Work) == 0) {
		err = fmt.Errorf("no frame was seen in %s", look)
	}
	return seen, err
}

// measure lets the browser measure one thing.
func (w *window) measure(ctx context.Context, what string, how map[string]any, page list, out any) error {
	type cookie struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	cookies := []cookie{}
	if page.Address == fleet.HubAddress {
		for _, one := range w.person.Cookies() {
			cookies = append(cookies, cookie{one.Name, one.Value})
		}
	}
	if page.Stored == nil {
		page.Stored = map[string]string{}
	}
	text, err := json.Marshal(page)
	if err != nil {
		return err
	}
	wanted := map[string]any{}
	if err := json.Unmarshal(text, &wanted); err != nil {
		return err
	}
	for name, value := range how {
		wanted[name] = value
	}
	// A session is no argument: those of programs can be read by everybody on the machine.
	wanted["what"], wanted["browser"], wanted["cookies"] = what, w.browser, cookies
	if text, err = json.Marshal(wanted); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "console/bench/measure.mjs")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	seen, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the browser could not measure %s of %s%s: %w", what, page.Address, page.Path, err)
	}
	var version struct{ Version string }
	if err := json.Unmarshal(seen, &version); err != nil {
		return err
	}
	w.version = version.Version
	return json.Unmarshal(seen, out)
}

// hasPage tells whether the dashboard serves a page, and not only what a page asks: its Go module comes without one.
func hasPage(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fleet.DashboardAddress+"rollouts/", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return err == nil && bytes.Contains(page, []byte("<script"))
}
