" Vim with ALE: findings and hover, written as JSON to $NABLINT_SEEN.
set nocompatible hidden noswapfile
packadd ale
filetype plugin on
let g:ale_linters = {'python': ['nablint']}
let g:ale_linters_explicit = 1
let g:ale_hover_to_floating_preview = 0
let g:ale_hover_to_preview = 1
let s:seen = {}

function! s:Await(what, Ready) abort
  for l:try in range(400)
    if a:Ready()
      return
    endif
    sleep 50m
  endfor
  let s:seen.failure = 'timed out: ' . a:what
  call s:Finish()
endfunction

function! s:Finish() abort
  call writefile([json_encode(s:seen)], $NABLINT_SEEN)
  qall!
endfunction

function! s:Run() abort
  call ale#linter#Define('python', {
  \   'name': 'nablint',
  \   'lsp': 'stdio',
  \   'executable': $NABLINT_PROGRAM,
  \   'command': '%e server',
  \   'project_root': function('ale#python#FindProjectRoot'),
  \})
  edit net.py
  set filetype=python
  ALELint
  let l:buffer = bufnr('')
  call s:Await('findings', {-> !empty(ale#engine#GetLoclist(l:buffer))})
  let l:found = ale#engine#GetLoclist(l:buffer)[0]
  let s:seen.finding = {'line': l:found.lnum, 'text': l:found.text, 'code': get(l:found, 'code', '')}
  call cursor(l:found.lnum, l:found.col)
  ALEHover
  call s:Await('hover', {-> bufnr('ALEPreviewWindow') > 0})
  let s:seen.hover = join(getbufline(bufnr('ALEPreviewWindow'), 1, '$'), "\n")
  call s:Finish()
endfunction

try
  call s:Run()
catch
  let s:seen.failure = v:exception . ' at ' . v:throwpoint
  call s:Finish()
endtry
