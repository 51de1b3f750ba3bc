package picture

import "strings"

const (
	trafficWidth   = 20
	countdownWidth = 10
	// mostPods is how many pods are drawn one by one; more are drawn as a share.
	mostPods = 12
)

// color is an ANSI colour; none leaves the terminal's own.
type color string

const (
	none   color = ""
	strong color = "\x1b[1m"
	dim    color = "\x1b[2m"
	red    color = "\x1b[31m"
	green  color = "\x1b[32m"
	yellow color = "\x1b[33m"
	reset        = "\x1b[0m"
)

// piece is a part of a line in one colour.
type piece struct {
	text  string
	color color
}

func plain(text string) piece { return piece{text: text} }
func bold(text string) piece  { return piece{text: text, color: strong} }

func (p *pen) color(color color, text string) string {
	if !p.style.Color || color == none || text == "" {
		return text
	}
	return string(color) + text + reset
}

// bar draws a share of a whole.
func bar(part, whole, width int) string {
	filled := 0
	if whole > 0 {
		// In float, since nanoseconds times columns can pass what an int holds.
		filled = int(float64(part)/float64(whole)*float64(width) + 0.5)
	}
	filled = min(max(filled, 0), width)
	if part > 0 && filled == 0 {
		filled = 1
	}
	return strings.Repeat("█", filled) + strings.Repeat("░", width-filled)
}

// wideEnough is from how many columns on nothing has to be made smaller.
const wideEnough = 100

func (p *pen) isNarrow() bool { return p.style.Width > 0 && p.style.Width < wideEnough }

// barWidth is that of a bar on this terminal.
func (p *pen) barWidth(usual int) int {
	if p.isNarrow() {
		return usual / 2
	}
	return usual
}

// podBar draws a block for each pod, filled when it is ready.
func podBar(ready, wanted int32) string {
	if max(ready, wanted) > mostPods {
		return bar(int(ready), int(wanted), mostPods)
	}
	return strings.Repeat("■", int(max(ready, 0))) + strings.Repeat("□", int(max(wanted-ready, 0)))
}

func phaseColor[P ~string](phase P) color {
	switch phase {
	case "Healthy":
		return green
	case "Blocked", "Terminated", "Failed":
		return red
	default:
		return yellow
	}
}
