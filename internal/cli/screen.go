package cli

import (
	"bytes"
	"fmt"
	"io"
)

// screen redraws lines in place on a terminal. Each frame is one write and overwrites the last one line by line, so
// that nothing flickers; what was on the terminal before stays above.
type screen struct {
	out io.Writer
	// drawn is how many lines of the last frame stand above the cursor.
	drawn int
}

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	// beginFrame and endFrame make a terminal that knows them show a frame at once (synchronized output);
	// others ignore them.
	beginFrame  = "\x1b[?2026h"
	endFrame    = "\x1b[?2026l"
	clearToEnd  = "\x1b[J"
	clearToLine = "\x1b[K"
)

// draw replaces the last frame; lines beyond the height of the terminal are left out, since it could not go back up
// to them.
func (s *screen) draw(lines []string, height int) error {
	if height > 1 && len(lines) > height-1 {
		lines = lines[:height-1]
	}
	var frame bytes.Buffer
	frame.WriteString(beginFrame + hideCursor)
	// A terminal made smaller meanwhile has scrolled lines away.
	if up := min(s.drawn, max(height-1, 0)); up > 0 {
		fmt.Fprintf(&frame, "\x1b[%dA", up)
	}
	frame.WriteByte('\r')
	for _, line := range lines {
		frame.WriteString(line + clearToLine + "\r\n")
	}
	frame.WriteString(clearToEnd + endFrame)
	s.drawn = len(lines)
	_, err := s.out.Write(frame.Bytes())
	return err
}

// close leaves the last frame where it is and gives the cursor back.
func (s *screen) close() {
	_, _ = io.WriteString(s.out, showCursor)
}
