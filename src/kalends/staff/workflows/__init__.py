"""Pages of workflows: the list of them, the editor with its steps, what happened in them, and testing one."""
