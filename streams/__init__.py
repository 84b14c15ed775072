"""The stream side of labelquorum.

The flow, in the order of a record:

    contracts.events    what comes in
    settle              SETTLE: decode → fold → score → adjudicate → route → emit (`stages`), state in `state`, `memory`
    contracts.facts     what SETTLE tells WATCH
    watch               WATCH: tally → warn → emit
    contracts.decisions what goes out

`ports` is what the pure core and the shell hand to one another; `adapters` is the shell, one library each; `replay` is
the same core without a broker; `cli` is the command line and `demo` a labeling queue to look at.
"""
