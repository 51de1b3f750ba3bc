package analysis

import (
	"math"
	"strconv"
)

// share is a part of so many requests in percent; empty when there are none.
func share(part float64, of int64) string {
	if of == 0 {
		return ""
	}
	return percent(part * 100)
}

// percent with as many digits as tell it from its neighbours: near 0 and near 100 small differences matter, between
// them they don't. 80.392 is 80.4%, 99.966 is 99.966%.
func percent(value float64) string {
	distance := math.Min(math.Abs(value), math.Abs(100-value))
	decimals := 1
	switch {
	case distance == 0:
	case distance < 0.01:
		// Two digits that count; what isn't 100 % must not become it.
		decimals = min(9, 1-int(math.Floor(math.Log10(distance))))
	case distance < 0.1:
		decimals = 3
	case distance < 10:
		decimals = 2
	}
	power := math.Pow10(decimals)
	return strconv.FormatFloat(math.Round(value*power)/power, 'f', -1, 64) + "%"
}

// latency of so many seconds in ms or s; empty when there is none.
func latency(seconds float64) string {
	switch {
	case seconds <= 0:
		return ""
	case seconds < 0.9995: // 1000ms is 1s
		return number(seconds*1000, 3) + "ms"
	}
	return number(seconds, 3) + "s"
}

// number with so many significant digits, and all that stand before the point.
func number(x float64, digits int) string {
	if math.Abs(x) >= math.Pow10(digits) {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// withUnit is a value of a query with the unit of its author.
func withUnit(value float64, unit string) string {
	switch unit {
	case "":
		return number(value, 4)
	case "%":
		return percent(value)
	}
	return number(value, 4) + " " + unit
}
