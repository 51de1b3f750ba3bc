package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// screen prints calmly: one line for each thing, and on a terminal one line at the end that changes in place.
type screen struct {
	out      io.Writer
	terminal bool
	fd       int
	open     bool // the last line may still change
}

func newScreen(out *os.File) *screen {
	return &screen{out: out, fd: int(out.Fd()), terminal: term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb"}
}

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (s *screen) style(code, text string) string {
	if !s.terminal || os.Getenv("NO_COLOR") != "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// line prints a line for good.
func (s *screen) line(format string, args ...any) {
	s.clear()
	fmt.Fprintf(s.out, format+"\n", args...)
}

// live shows a line that the next one replaces, cut to the width of the terminal. Where there is no terminal it shows
// nothing.
func (s *screen) live(text string) {
	if !s.terminal {
		return
	}
	s.clear()
	if width, _, err := term.GetSize(s.fd); err == nil {
		if runes := []rune(text); len(runes) >= width {
			text = string(runes[:max(0, width-2)]) + "…"
		}
	}
	fmt.Fprint(s.out, text)
	s.open = true
}

func (s *screen) clear() {
	if s.open {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.open = false
	}
}

func (s *screen) title(text string) { s.line("\n%s", s.style(bold, text)) }

func (s *screen) heading(text string) { s.line("\n%s\n", s.style(bold, text)) }

func (s *screen) note(text string) { s.line("\n%s", text) }

// begin announces a piece of work; the function it returns says that it is done, and how it came out.
func (s *screen) begin(what string) func(result string) {
	began := time.Now()
	s.live("    " + what + " …")
	return func(result string) {
		s.line("  %s %-44s %s %s", s.style(green, "✓"), what, result, s.style(dim, fmt.Sprintf("(%.0f s)", time.Since(began).Seconds())))
	}
}

// prompt shows a command, printed what it answered.
func (s *screen) prompt(command string) { s.line("  %s %s", s.style(dim, "$"), s.style(bold, command)) }

func (s *screen) printed(text string) {
	for l := range strings.Lines(strings.TrimRight(text, "\n")) {
		s.line("    %s", strings.TrimRight(l, "\n"))
	}
}

// failure says what went wrong and where to look.
func (s *screen) failure(err error, look []string) {
	s.line("\n%s %v\n", s.style(red, "The demo stopped:"), err)
	s.line("Where to look:")
	for _, l := range look {
		s.line("  %s", l)
	}
}
