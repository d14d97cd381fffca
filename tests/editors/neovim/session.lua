-- Runs in a headless Neovim with the plugin loaded and net.py open; writes what it saw as JSON to $NABLINT_SEEN.
local seen = { version = tostring(vim.version().major) .. '.' .. tostring(vim.version().minor) }

local function wait(what, ready)
  if not vim.wait(20000, ready, 50) then
    error('timed out: ' .. what)
  end
end

local function run()
  wait('diagnostics', function() return #vim.diagnostic.get(0) > 0 end)
  local found = vim.diagnostic.get(0)[1]
  seen.diagnostic = { line = found.lnum + 1, message = found.message, code = found.code, source = found.source }
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })

  local position = vim.lsp.util.make_position_params(0, 'utf-16')
  local hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', position, 10000)
  for _, answer in pairs(hover) do
    seen.hover = answer.result and answer.result.contents.value
  end

  vim.cmd('NablintDerive')
  wait('the derivation', function() return #vim.api.nvim_list_wins() == 2 end)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local buffer = vim.api.nvim_win_get_buf(window)
    if vim.bo[buffer].buftype == 'nofile' then
      seen.derivation = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
    end
  end

  -- The menu of actions is the editor's: answer with the first.
  vim.ui.select = function(items, options, choose)
    seen.actions = vim.tbl_map(options.format_item, items)
    choose(items[1], 1)
  end
  local before = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.lsp.buf.code_action()
  wait('the repair', function()
    return not vim.deep_equal(before, vim.api.nvim_buf_get_lines(0, 0, -1, false))
  end)
  seen.line = vim.api.nvim_get_current_line()
  wait('no more diagnostics', function() return #vim.diagnostic.get(0) == 0 end)
  seen.left = #vim.diagnostic.get(0)

  -- Undone, the finding is back; a restart of the server finds it again.
  vim.cmd('undo')
  wait('the finding is back', function() return #vim.diagnostic.get(0) == 1 end)
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  local before_restart = get()[1].id
  vim.cmd('NablintRestart')
  wait('another client', function() return get()[1] and get()[1].id ~= before_restart end)
  wait('the finding of the new server', function() return #vim.diagnostic.get(0) == 1 end)

  -- What newer ones show: hints and lenses.
  if vim.lsp.inlay_hint then
    vim.lsp.inlay_hint.enable(true)
    wait('inlay hints', function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0 end)
    seen.hint = vim.lsp.inlay_hint.get({ bufnr = 0 })[1].inlay_hint.label
  end
  local show = vim.lsp.codelens.enable or vim.lsp.codelens.refresh
  local lenses = function() return vim.lsp.codelens.get(vim.lsp.codelens.enable and { bufnr = 0 } or 0) end
  show()
  wait('lenses', function() return #lenses() > 0 end)
  seen.lens = (lenses()[1].lens or lenses()[1]).command.title

  -- The whole workspace: findings of a file that is not open.
  vim.cmd('NablintCheck')
  wait('findings of the workspace', function() return #vim.diagnostic.get() > 1 end)
  seen.files = {}
  for _, one in ipairs(vim.diagnostic.get()) do
    seen.files[vim.fn.fnamemodify(vim.api.nvim_buf_get_name(one.bufnr), ':t')] = true
  end
  seen.deprecated = vim.fn.execute('messages'):match('[^\n]*deprecated[^\n]*')
end

local fine, failure = pcall(run)
seen.failure = not fine and tostring(failure) or nil
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.NABLINT_SEEN)
vim.cmd('qa!')

