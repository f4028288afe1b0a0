"""Drawings of processes and cases: a graph read off the definition (`graph`), laid out in rows (`layout`), written as SVG or as BPMN 2.0."""
