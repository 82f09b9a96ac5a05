package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// Shape of the drawing: one row of small plots for each axis.
const (
	plotWidth, plotHeight = 236.0, 166.0
	plotGap               = 26.0
	plotMargin            = 22.0
)

// drawGrowth draws each measure over its axis, both in decades: a straight line
// that rises is proportional cost, a level one is none, a bend is a bend.
func drawGrowth(all []growth) []byte {
	columns := 0
	for _, g := range all {
		columns = max(columns, len(g.shows))
	}
	width := plotMargin*2 + float64(columns)*(plotWidth+plotGap)
	height := plotMargin*2 + float64(len(all))*(plotHeight+plotGap)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="Inter, system-ui, sans-serif" font-size="11">`, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>`)
	for row, g := range all {
		for column, name := range g.shows {
			x := plotMargin + float64(column)*(plotWidth+plotGap)
			y := plotMargin + float64(row)*(plotHeight+plotGap)
			fmt.Fprintf(&b, `<g transform="translate(%.1f %.1f)">`, x, y)
			drawPlot(&b, g, name)
			b.WriteString(`</g>`)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// drawPlot draws one measure, two decades high around its values.
func drawPlot(b *bytes.Buffer, g growth, name string) {
	const top, bottom, left, right = 46.0, plotHeight - 22, 6.0, plotWidth - 30
	samples := g.Series[name]
	middle, measured := 0.0, 0.0
	for _, s := range samples {
		if s.Runs > 0 {
			middle, measured = middle+math.Log10(s.Median), measured+1
		}
	}
	middle /= max(measured, 1)
	first, last := math.Log10(float64(g.At[0])), math.Log10(float64(g.At[len(g.At)-1]))
	place := func(i int) (x, y float64) {
		x = left + (math.Log10(float64(g.At[i]))-first)/(last-first)*(right-left)
		y = (top+bottom)/2 - (math.Log10(samples[i].Median)-middle)/2*(bottom-top)
		return x, min(max(y, top), bottom)
	}
	fmt.Fprintf(b, `<text y="12" font-weight="600" fill="#1f2430">%s</text>`, name)
	fmt.Fprintf(b, `<path d="M%.1f %.1fH%.1f" stroke="#d8dbe2"/>`, left, bottom+4, right)
	b.WriteString(`<polyline fill="none" stroke="#2f6f6a" stroke-width="2" points="`)
	for i := range samples {
		if x, y := place(i); samples[i].Runs > 0 {
			fmt.Fprintf(b, "%.1f,%.1f ", x, y)
		}
	}
	b.WriteString(`"/>`)
	for i, s := range samples {
		x, y := place(i)
		if s.Runs == 0 {
			continue
		}
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="#2f6f6a"/>`, x, y)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#1f2430">%.3g</text>`, x+6, y-7, s.Median)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#6b7280">%s</text>`, x+6, bottom+17, thousands(g.At[i]))
	}
	fmt.Fprintf(b, `<text y="26" fill="#6b7280">by %s</text>`, g.Axis)
}

// thousands writes 5000 as 5k and 1000000 as 1M.
func thousands(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return strconv.Itoa(n/1_000_000) + "M"
	case n >= 1000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.Itoa(n)
}
